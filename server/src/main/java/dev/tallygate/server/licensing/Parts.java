package dev.tallygate.server.licensing;

/** What the calls of the service share. */
record Parts(Catalogs catalogs, ClusterIds ids, Desks desks, RefusalTally tally) {}
