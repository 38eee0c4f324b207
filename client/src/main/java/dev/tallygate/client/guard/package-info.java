/** Guards the methods of a gRPC server: units are taken before a call, and given back behind it. */
@NullMarked
package dev.tallygate.client.guard;

import org.jspecify.annotations.NullMarked;
