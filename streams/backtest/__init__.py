"""What a change of rules, policy or model would have done: recorded payments judged anew, as columns."""
