package dev.mooring.endtoend;

import dev.mooring.party.LoopbackPorts;

/** Loopback ports that nobody listens on now, for processes that must be told theirs. */
final class FreePorts {

    private FreePorts() {}

    static int next() {
        return LoopbackPorts.next();
    }
}
