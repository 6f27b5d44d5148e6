package dev.mooring.application.port;

import dev.mooring.domain.lifecycle.ClientEvent;

/** Takes what happened, in the same unit of work as the transition itself. */
public interface EventLog {
    void append(ClientEvent event);
}
