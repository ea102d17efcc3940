"""What pages and programs may ask: reads only, from the root documents, never their events."""
