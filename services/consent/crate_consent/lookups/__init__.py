"""Looking up who a patient is and what they chose, outside the site database."""
