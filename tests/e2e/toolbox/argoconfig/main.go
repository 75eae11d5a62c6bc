// Command argoconfig reads what a workflow-controller is told as the
// workflow-controller itself would. It is JSON from stdin to stdout.
//
// Without an argument the input is the `data` of a
// workflow-controller-configmap, an object from key to text, and the output
// the configuration that the controller would run with.
//
// With the argument `retries` the input is the expression of a retryStrategy
// and the variables of some last tries, {"expression": "...", "tries":
// [{"lastRetry.message": "..."}]}, and the output for each try whether there
// would be another one, [true].
//
// What the controller refuses ends in exit status 1 and the controller's own
// message on stderr; input of another shape ends in exit status 2.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/argoproj/argo-workflows/v3/config"
	"github.com/argoproj/argo-workflows/v3/util/expr/argoexpr"
	"github.com/argoproj/argo-workflows/v3/util/expr/env"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
)

// The parser is private to package config and reached only through a client,
// so these three types are a cluster that holds a single ConfigMap.
type (
	cluster struct {
		kubernetes.Interface
		data map[string]string
	}
	core struct {
		typedcorev1.CoreV1Interface
		data map[string]string
	}
	configMaps struct {
		typedcorev1.ConfigMapInterface
		data map[string]string
	}
)

func (c cluster) CoreV1() typedcorev1.CoreV1Interface { return core{data: c.data} }

func (c core) ConfigMaps(string) typedcorev1.ConfigMapInterface { return configMaps{data: c.data} }

func (c configMaps) Get(context.Context, string, metav1.GetOptions) (*corev1.ConfigMap, error) {
	return &corev1.ConfigMap{Data: c.data}, nil
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "retries" {
		write(retries())
	} else {
		write(configuration())
	}
}

func configuration() (any, error) {
	var data map[string]string
	read(&data)
	return config.NewController("", "", cluster{data: data}).Get(context.Background())
}

func retries() (any, error) {
	var asked struct {
		Expression string
		Tries      []map[string]any
	}
	read(&asked)
	again := make([]bool, len(asked.Tries))
	for i, variables := range asked.Tries {
		verdict, err := argoexpr.EvalBool(asked.Expression, env.GetFuncMap(variables))
		if err != nil {
			return nil, err
		}
		again[i] = verdict
	}
	return again, nil
}

func read(into any) {
	if err := json.NewDecoder(os.Stdin).Decode(into); err != nil {
		fail(2, err)
	}
}

func write(answer any, err error) {
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(answer)
	}
	if err != nil {
		fail(1, err)
	}
}

func fail(status int, err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(status)
}
