"""One request to the model: prompt in, events out."""
