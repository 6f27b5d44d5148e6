package dev.mooring.application.port;

import dev.mooring.domain.audit.AdministrativeEvent;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.UpstreamEvent;

/**
 * Takes what happened, in the same unit of work as the transition or the act itself, and records
 * with it who is acting. What it took is never changed.
 */
public interface EventLog {
    void append(ClientEvent event);

    void append(UpstreamEvent event);

    void append(AdministrativeEvent event);
}
