"""Rules across rows: each verb in one transaction, raising domain exceptions."""
