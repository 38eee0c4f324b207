package dev.tallygate.loadtest.drive;

import dev.tallygate.proto.v1.GetPoolRequest;
import dev.tallygate.proto.v1.GetPoolResponse;
import dev.tallygate.proto.v1.LicensingServiceGrpc;
import io.grpc.MethodDescriptor;
import java.util.SplittableRandom;

/** Reads of the pools of an entitlement, at random; counts answers that have one. */
public final class PoolReads implements Workload {
  private static final Reply FOUND = new Reply("found", true);
  private static final Reply NONE = new Reply("no pool", false);

  private final String entitlement;
  private final int accounts;
  private final MethodDescriptor<Payload, Reply> method =
      RawMethod.unary(
          LicensingServiceGrpc.getGetPoolMethod().getFullMethodName(),
          (bytes, length) ->
              Wire.find(bytes, 0, length, GetPoolResponse.POOL_FIELD_NUMBER) == Wire.ABSENT
                  ? NONE
                  : FOUND);

  /**
   * Reads of an entitlement.
   *
   * @param accounts its partitions, named as {@link SessionWorkload} names them; 1 for one pool
   */
  public PoolReads(String entitlement, int accounts) {
    this.entitlement = entitlement;
    this.accounts = accounts;
  }

  @Override
  public MethodDescriptor<Payload, Reply> method() {
    return method;
  }

  @Override
  public void write(Payload payload, SplittableRandom random) {
    GetPoolRequest.Builder request = GetPoolRequest.newBuilder().setEntitlement(entitlement);
    if (accounts > 1) request.setPartition(SessionWorkload.account(random.nextInt(accounts)));
    byte[] bytes = request.build().toByteArray();
    System.arraycopy(bytes, 0, payload.bytes(), 0, bytes.length);
    payload.ready(bytes.length);
  }
}
