"""What pages and programs may ask: reads only."""
