package dev.tallygate.raft.state;

/** What may be done in a tenant. */
public enum TenantStatus {
  ACTIVE(0),
  /** Nothing is taken; what is held goes on, and so does administration. */
  SUSPENDED(1),
  /** Deleted: nobody finds it any more, and what it had is being ended. */
  ENDING(2);

  private final int number;

  TenantStatus(int number) {
    this.number = number;
  }

  /** Part of the format of a tenant's row. */
  int number() {
    return number;
  }

  static TenantStatus of(int number) {
    for (TenantStatus status : values()) if (status.number == number) return status;
    throw new CorruptStateException("a tenant of an unknown status " + number);
  }
}
