"""What every crate-web service shares: settings, database, models, jobs, audit, telemetry."""
