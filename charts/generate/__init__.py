"""Makes what of the chart follows from something else: schema, README, copies, plain manifests."""
