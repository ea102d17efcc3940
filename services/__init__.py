"""The three services. No service imports another, reads its database or calls it while a person waits."""
