// Command argoconfig reads the data of a workflow-controller-configmap as the
// workflow-controller itself would.
//
// Input on stdin: one JSON object from data key to text (the `data` of the
// ConfigMap). Output on stdout: the configuration the controller would run
// with, as JSON. A configuration the controller refuses to start with ends in
// exit status 1 and the controller's own message on stderr; input that is not
// such an object ends in exit status 2.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/argoproj/argo-workflows/v3/config"
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
	var data map[string]string
	if err := json.NewDecoder(os.Stdin).Decode(&data); err != nil {
		fail(2, err)
	}
	parsed, err := config.NewController("", "", cluster{data: data}).Get(context.Background())
	if err != nil {
		fail(1, err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(parsed); err != nil {
		fail(1, err)
	}
}

func fail(status int, err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(status)
}
