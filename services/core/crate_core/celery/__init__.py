"""The base of the three Celery services: application, worker process, publisher.

`make_app` builds the application of one service, `run_worker` runs it in this process, and
`Publisher` hands jobs to the broker for the relay.
"""
