"""The manifests for Kubernetes, looked at without a cluster."""
