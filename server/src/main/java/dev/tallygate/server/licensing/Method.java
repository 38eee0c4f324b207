package dev.tallygate.server.licensing;

/** The calls of the service that go through the log. The number travels between nodes. */
enum Method {
  ALLOCATE(1),
  RENEW(2),
  RELEASE(3),
  COMMIT(4),
  CANCEL(5),
  REVOKE(6),
  SET_LIMIT(7),
  ASSIGN_SEAT(8),
  UNASSIGN_SEAT(9),
  ALLOCATE_BATCH(10),
  KEEP_ALIVE(11),
  RELEASE_BY_LABEL(20),
  BLOCK_LABEL(21);

  private final int number;

  Method(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }
}
