// Command trainer runs the controllers and webhooks of Kubeflow Trainer v2.
//
// The upstream's own command reads its webhook certificate from one fixed
// folder and has the key made inside the cluster. This one is told where the
// certificate lies and where to listen, and is otherwise the same: upstream's
// scheme, runtimes, controllers and webhooks.
package main

import (
	"flag"
	"os"

	configapi "github.com/kubeflow/trainer/v2/pkg/apis/config/v1alpha1"
	trainer "github.com/kubeflow/trainer/v2/pkg/apis/trainer/v1alpha1"
	"github.com/kubeflow/trainer/v2/pkg/controller"
	runtimecore "github.com/kubeflow/trainer/v2/pkg/runtime/core"
	"github.com/kubeflow/trainer/v2/pkg/webhooks"
	apiruntime "k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrlpkg "sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
	jobsetv1alpha2 "sigs.k8s.io/jobset/api/jobset/v1alpha2"
	schedulerpluginsv1alpha1 "sigs.k8s.io/scheduler-plugins/apis/scheduling/v1alpha1"
	volcanov1beta1 "volcano.sh/apis/pkg/apis/scheduling/v1beta1"
)

func main() {
	port := flag.Int("webhook-server-port", 9443, "port of the webhook server")
	certificates := flag.String("webhook-cert-dir", "", "folder with tls.crt and tls.key of the webhook server")
	probes := flag.String("health-probe-bind-address", "", "address of healthz and readyz")
	flag.Parse()
	ctrl.SetLogger(zap.New())
	if err := run(*port, *certificates, *probes); err != nil {
		ctrl.Log.Error(err, "could not run")
		os.Exit(1)
	}
}

func run(port int, certificates, probes string) error {
	server := webhook.NewServer(webhook.Options{Host: "127.0.0.1", Port: port, CertDir: certificates})
	mgr, err := ctrl.NewManager(ctrl.GetConfigOrDie(), ctrl.Options{
		Scheme:                 scheme(),
		Client:                 client.Options{Cache: &client.CacheOptions{Unstructured: true}},
		Metrics:                metricsserver.Options{BindAddress: "0"},
		WebhookServer:          server,
		HealthProbeBindAddress: probes,
	})
	if err != nil {
		return err
	}
	if err := mgr.AddReadyzCheck("readyz", server.StartedChecker()); err != nil {
		return err
	}
	if err := mgr.AddHealthzCheck("healthz", healthz.Ping); err != nil {
		return err
	}
	ctx := ctrl.SetupSignalHandler()
	runtimes, err := runtimecore.New(ctx, mgr.GetClient(), mgr.GetFieldIndexer(), &configapi.Configuration{})
	if err != nil {
		return err
	}
	if _, err := controller.SetupControllers(mgr, runtimes, ctrlpkg.Options{}); err != nil {
		return err
	}
	if _, err := webhooks.Setup(mgr, runtimes); err != nil {
		return err
	}
	return mgr.Start(ctx)
}

func scheme() *apiruntime.Scheme {
	scheme := apiruntime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(trainer.AddToScheme(scheme))
	utilruntime.Must(jobsetv1alpha2.AddToScheme(scheme))
	utilruntime.Must(schedulerpluginsv1alpha1.AddToScheme(scheme))
	utilruntime.Must(volcanov1beta1.AddToScheme(scheme))
	return scheme
}
