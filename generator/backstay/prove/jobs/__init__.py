"""The emitted objects of jobs at work: a real control plane, nodes without machines, and failures on purpose.

etcd, kube-apiserver, kube-controller-manager, kube-scheduler, JobSet, Kueue, Trainer v2 and the Training Operator v1
run on the loopback; KWOK plays the nodes, one process a group, and a group fails when its process is ended. Time is
divided where the components allow it (`pace`).

What this shows is limited, and reports say so: no container runs, so that what a kubelet or a runtime decides (memory
pressure, OOM kills) is written into a pod's status as they would; a remediator that fences nodes is played by the
taint it sets.
"""
