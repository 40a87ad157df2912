"""What is known of Vega's wire: words, addresses and refusals."""
