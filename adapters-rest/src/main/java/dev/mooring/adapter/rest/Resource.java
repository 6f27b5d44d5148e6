package dev.mooring.adapter.rest;

import dev.mooring.adapter.rest.edge.Routes;

/** A group of operations that belong together. */
@FunctionalInterface
interface Resource {
    void addTo(Routes routes);

    /** Ends what would go on for long: the server is to stop. */
    default void drain() {}
}
