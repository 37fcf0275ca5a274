"""The tools the model may call: what each is offered as, and what a call of it does."""
