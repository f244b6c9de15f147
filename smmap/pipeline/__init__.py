"""Recipe -> plan -> tasks -> stages -> receipts."""
