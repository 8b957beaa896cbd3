"""The watcher: holds aggregators to what they committed and receipted, for customers or for a city."""
