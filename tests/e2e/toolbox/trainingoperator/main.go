// Command trainingoperator runs the PyTorchJob controller and webhook of the
// Training Operator v1.
//
// The upstream's own command reads its webhook certificate from one fixed
// folder and has the key made inside the cluster. This one is told where the
// certificate lies and where to listen, and is otherwise the same: upstream's
// scheme, controller and webhook, without gang scheduling.
package main

import (
	"flag"
	"os"

	kubeflowv1 "github.com/kubeflow/training-operator/pkg/apis/kubeflow.org/v1"
	"github.com/kubeflow/training-operator/pkg/config"
	controllerv1 "github.com/kubeflow/training-operator/pkg/controller.v1"
	"github.com/kubeflow/training-operator/pkg/controller.v1/common"
	"github.com/kubeflow/training-operator/pkg/webhooks"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
	schedulerpluginsv1alpha1 "sigs.k8s.io/scheduler-plugins/apis/scheduling/v1alpha1"
	"volcano.sh/apis/pkg/apis/scheduling/v1beta1"
)

const threads = 1 // upstream's default

func main() {
	port := flag.Int("webhook-server-port", 9443, "port of the webhook server")
	certificates := flag.String("webhook-cert-dir", "", "folder with tls.crt and tls.key of the webhook server")
	probes := flag.String("health-probe-bind-address", "", "address of healthz and readyz")
	flag.Parse()
	ctrl.SetLogger(zap.New())
	config.Config.PyTorchInitContainerImage = config.PyTorchInitContainerImageDefault
	config.Config.PyTorchInitContainerTemplateFile = config.PyTorchInitContainerTemplateFileDefault
	config.Config.PyTorchInitContainerMaxTries = config.PyTorchInitContainerMaxTriesDefault
	if err := run(*port, *certificates, *probes); err != nil {
		ctrl.Log.Error(err, "could not run")
		os.Exit(1)
	}
}

func run(port int, certificates, probes string) error {
	server := webhook.NewServer(webhook.Options{Host: "127.0.0.1", Port: port, CertDir: certificates})
	mgr, err := ctrl.NewManager(ctrl.GetConfigOrDie(), ctrl.Options{
		Scheme:                 scheme(),
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
	kind, gang := kubeflowv1.PyTorchJobKind, common.GenNonGangSchedulerSetupFunc()
	if err := controllerv1.SupportedSchemeReconciler[kind](mgr, gang, threads); err != nil {
		return err
	}
	if err := webhooks.SupportedSchemeWebhook[kind](mgr); err != nil {
		return err
	}
	return mgr.Start(ctrl.SetupSignalHandler())
}

func scheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(kubeflowv1.AddToScheme(scheme))
	utilruntime.Must(v1beta1.AddToScheme(scheme))
	utilruntime.Must(schedulerpluginsv1alpha1.AddToScheme(scheme))
	return scheme
}
