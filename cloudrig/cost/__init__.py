"""What a metered run costs on AWS, and what it would cost at another scale.

prices.json   what AWS asks for each dimension, by region, with date and source
prices.py     reads it
bill.py       usage x prices, free tier, projection
standing.py   what a stack costs while nobody uses it
command.py    `cloudrig cost`
"""
