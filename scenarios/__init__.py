"""Stories of the chat, told to the deployed stack through its public endpoints; README.md says how to run them."""
