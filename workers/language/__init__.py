"""What the plug-ins that ask language models share: clients, prompts, reading of answers, prices."""
