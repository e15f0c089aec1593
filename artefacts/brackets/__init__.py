"""Does the first bias of a forget gate buy ability, or speed? The longer runs of the page *The way back of an LSTM*."""
