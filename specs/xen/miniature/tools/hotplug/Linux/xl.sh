# Completion for a miniature: there is nothing to complete.
