package dev.tallygate.loadtest;

/** What the operator may name as a workload; spelled as on the command line. */
enum WorkloadName {
  allocate,
  refuse
}
