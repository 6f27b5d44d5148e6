package dev.mooring.application.port;

import dev.mooring.domain.client.ClientAuth;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.ClientName;
import dev.mooring.domain.client.OAuthConfigId;
import dev.mooring.domain.lifecycle.ClientState;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.mcp.Transport;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Keeps MCP clients. Names, slugs and ids are unique. */
public interface ClientStore {
    Optional<Stored<McpClient>> find(ClientId id);

    Optional<Stored<McpClient>> find(OAuthConfigId id);

    Optional<Stored<McpClient>> find(ClientName name);

    /** Those of these clients that there are, in no order. */
    List<Stored<McpClient>> findAll(Set<ClientId> ids);

    /**
     * Reads the client and keeps everybody else from changing it until the unit of work ends. Only
     * inside a {@link UnitOfWork}.
     */
    Optional<Stored<McpClient>> lock(ClientId id);

    Page list(Query query);

    /** Which field of a client that is about to be made is taken; checked before consent. */
    Optional<TakenField> taken(McpClient client);

    /** Adds a client at revision 1, or says which field is taken. */
    Insertion insert(McpClient client);

    /** Puts {@code next} in the place of what was read, if nobody changed it meanwhile. */
    Replacement replace(Stored<McpClient> read, McpClient next);

    /** The same under the client's {@linkplain #lock lock}, where nobody can come between. */
    default void replaceLocked(Stored<McpClient> locked, McpClient next) {
        if (!(replace(locked, next) instanceof Replacement.Replaced)) {
            throw new AssertionError("A locked client was changed by somebody else");
        }
    }

    /**
     * Takes clients whose time {@linkplain McpClient#connectAt() to connect} has come by the
     * store's clock, the longest due first. Nobody else gets them for {@code hold}, after which
     * they are due again unless they were changed meanwhile; who dies with them loses nothing.
     *
     * @param most how many at most
     */
    List<ClientId> takeDue(int most, Duration hold);

    /**
     * Makes a client due that was taken too early when it is to be connected; nothing happens if
     * somebody changed it meanwhile.
     */
    void connectLater(Stored<McpClient> read);

    /** Removes the client with its attempts and its grant; false if it is not there. */
    boolean delete(ClientId id);

    /** Which of a client's unique fields another client has. */
    enum TakenField {
        ID("client_id"),
        NAME("name"),
        SLUG("endpoint_slug");

        private final String field;

        TakenField(String field) {
            this.field = field;
        }

        /** The field's name in the HTTP contract. */
        public String field() {
            return field;
        }
    }

    /** The answer to {@link #insert}. */
    sealed interface Insertion {
        record Inserted(Stored<McpClient> client) implements Insertion {}

        record Taken(TakenField field) implements Insertion {}
    }

    /** The answer to {@link #replace}. */
    sealed interface Replacement {
        record Replaced(Stored<McpClient> client) implements Replacement {}

        /** Somebody changed or removed the client meanwhile. */
        record Stale() implements Replacement {}

        record Taken(TakenField field) implements Replacement {}
    }

    /**
     * What to list, in the order in which the clients were made.
     *
     * @param search part of a name, in any case
     */
    record Query(
            int limit,
            int offset,
            Optional<String> search,
            Optional<ClientState> state,
            Optional<ClientAuth.Kind> authType,
            Optional<Transport> transport) {}

    /** One page and how many there are in all. */
    record Page(List<Stored<McpClient>> clients, int totalCount) {
        public Page {
            clients = List.copyOf(clients);
        }
    }
}
