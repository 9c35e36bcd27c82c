"""`tollgate keys`: who may change how payments are judged, and signing what two people must sign."""
