"""The dialog that makes and edits a job."""
