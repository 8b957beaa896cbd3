"""The signer of a daemon's key: signs what the policy allows, for daemons on other machines."""
