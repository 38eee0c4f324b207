package dev.tallygate.loadtest.exact;

/** One contradiction between what was promised and what was seen. */
public record Fault(Kind kind, String text) {
  /** What a fault breaks. */
  public enum Kind {
    /** More units were live, or used, than the limit. */
    OVER_GRANT,
    /** An acknowledged grant was gone before its time. */
    LOST_GRANT,
    /** One request id took effect twice, or two grants are one. */
    DOUBLE_EFFECT,
    /** An answer that the contract does not allow here. */
    WRONG_ANSWER,
    /** A spent pool does not add up to its limit, or units did not come back. */
    NOT_EXACT,
    /** Replicas differ at one index. */
    REPLICAS_DIFFER,
    /** The ledger tells another story than the answers. */
    LEDGER
  }
}
