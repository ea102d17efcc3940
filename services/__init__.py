"""The services. None imports another, reads its database or calls it while a person waits."""
