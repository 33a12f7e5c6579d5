"""A scripted HTTP server on loopback that speaks Gemini's and OpenAI's wire, bad days included."""
