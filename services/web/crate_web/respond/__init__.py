"""The clinician's page: the question about one patient and one study, reached by a link in a mail."""
