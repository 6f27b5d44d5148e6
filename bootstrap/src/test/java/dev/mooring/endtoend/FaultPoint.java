package dev.mooring.endtoend;

import dev.mooring.endtoend.HeldRequest.Moment;
import dev.mooring.party.AuthorizationServerParty.Endpoint;
import dev.mooring.party.McpServerParty;

/**
 * The moments at which a process is killed: what a client's life consists of, between any two steps
 * of it. None of them needs a hook in the service; the parties and the database see them pass.
 */
enum FaultPoint {
    REGISTER_SOMEWHERE(Step.REGISTER, new Place.Anywhere()),
    REGISTER_PROBE_ARRIVED(Step.REGISTER, atServer("server/discover", Moment.ARRIVED)),
    REGISTER_RESOURCE_METADATA_ARRIVED(
            Step.REGISTER, atServer(McpServerParty.METADATA, Moment.ARRIVED)),
    REGISTER_ISSUER_METADATA_HANDLED(Step.REGISTER, atIssuer(Endpoint.METADATA, Moment.HANDLED)),
    REGISTER_REGISTRATION_ARRIVED(Step.REGISTER, atIssuer(Endpoint.REGISTRATION, Moment.ARRIVED)),
    REGISTER_REGISTRATION_HANDLED(Step.REGISTER, atIssuer(Endpoint.REGISTRATION, Moment.HANDLED)),
    REGISTER_REGISTRATION_ANSWERED(Step.REGISTER, atIssuer(Endpoint.REGISTRATION, Moment.ANSWERED)),
    REGISTER_CLIENT_INSERTED(Step.REGISTER, before("INSERT", "mcp_client", "")),
    REGISTER_ATTEMPT_INSERTED(Step.REGISTER, before("INSERT", "authorization_attempt", "")),
    REGISTER_COMMIT(Step.REGISTER, commitOf("INSERT", "mcp_client", "")),

    CALLBACK_SOMEWHERE(Step.CALLBACK, new Place.Anywhere()),
    CALLBACK_CLAIM(Step.CALLBACK, before("UPDATE", "authorization_attempt", "redeeming")),
    CALLBACK_CLAIM_COMMIT(Step.CALLBACK, commitOf("UPDATE", "authorization_attempt", "redeeming")),
    CALLBACK_CODE_ARRIVED(Step.CALLBACK, atIssuer(Endpoint.TOKEN, Moment.ARRIVED)),
    CALLBACK_CODE_REDEEMED(Step.CALLBACK, atIssuer(Endpoint.TOKEN, Moment.HANDLED)),
    CALLBACK_CODE_ANSWERED(Step.CALLBACK, atIssuer(Endpoint.TOKEN, Moment.ANSWERED)),
    CALLBACK_ATTEMPT_ENDED(Step.CALLBACK, before("UPDATE", "authorization_attempt", "succeeded")),
    CALLBACK_GRANT_INSERTED(Step.CALLBACK, before("INSERT", "oauth_grant", "")),
    CALLBACK_CLIENT_AUTHORIZED(Step.CALLBACK, before("UPDATE", "mcp_client", "authorized")),
    CALLBACK_COMMIT(Step.CALLBACK, commitOf("INSERT", "oauth_grant", "")),

    COMPLETE_SOMEWHERE(Step.COMPLETE, new Place.Anywhere()),
    COMPLETE_RUN_INSERTED(Step.COMPLETE, before("INSERT", "connection_run", "")),
    COMPLETE_RUN_COMMIT(Step.COMPLETE, commitOf("INSERT", "connection_run", "")),
    COMPLETE_DISCOVERY_ARRIVED(Step.COMPLETE, atServer("server/discover", Moment.ARRIVED)),
    COMPLETE_LISTING_ARRIVED(Step.COMPLETE, atServer("tools/list", Moment.ARRIVED)),
    COMPLETE_LISTING_HANDLED(Step.COMPLETE, atServer("tools/list", Moment.HANDLED)),
    COMPLETE_LISTING_ANSWERED(Step.COMPLETE, atServer("tools/list", Moment.ANSWERED)),
    COMPLETE_CLIENT_CONNECTED(Step.COMPLETE, before("UPDATE", "mcp_client", "connected")),
    COMPLETE_RUN_ENDED(Step.COMPLETE, before("UPDATE", "connection_run", "")),
    COMPLETE_COMMIT(Step.COMPLETE, commitOf("UPDATE", "mcp_client", "connected")),

    REFRESH_SOMEWHERE(Step.REFRESH, new Place.Anywhere()),
    REFRESH_LEASE(Step.REFRESH, before("UPDATE", "oauth_grant", "leased")),
    REFRESH_LEASE_COMMIT(Step.REFRESH, commitOf("UPDATE", "oauth_grant", "leased")),
    REFRESH_TOKEN_ARRIVED(Step.REFRESH, atIssuer(Endpoint.TOKEN, Moment.ARRIVED)),
    REFRESH_TOKEN_REDEEMED(Step.REFRESH, atIssuer(Endpoint.TOKEN, Moment.HANDLED)),
    REFRESH_TOKEN_ANSWERED(Step.REFRESH, atIssuer(Endpoint.TOKEN, Moment.ANSWERED)),
    REFRESH_GRANT_RENEWED(Step.REFRESH, before("UPDATE", "oauth_grant", "renewed")),
    REFRESH_COMMIT(Step.REFRESH, commitOf("UPDATE", "oauth_grant", "renewed")),

    REFRESH_AHEAD_SOMEWHERE(Step.REFRESH_AHEAD, new Place.Anywhere()),
    REFRESH_AHEAD_TOKEN_ARRIVED(Step.REFRESH_AHEAD, atIssuer(Endpoint.TOKEN, Moment.ARRIVED)),
    REFRESH_AHEAD_TOKEN_REDEEMED(Step.REFRESH_AHEAD, atIssuer(Endpoint.TOKEN, Moment.HANDLED)),
    REFRESH_AHEAD_COMMIT(Step.REFRESH_AHEAD, commitOf("UPDATE", "oauth_grant", "renewed")),

    RENEW_TAKEN(Step.RENEW, before("UPDATE", "oauth_grant", "taken")),
    RENEW_LEASE_COMMIT(Step.RENEW, commitOf("UPDATE", "oauth_grant", "leased")),
    RENEW_TOKEN_ARRIVED(Step.RENEW, atIssuer(Endpoint.TOKEN, Moment.ARRIVED)),
    RENEW_TOKEN_REDEEMED(Step.RENEW, atIssuer(Endpoint.TOKEN, Moment.HANDLED)),
    RENEW_GRANT_RENEWED(Step.RENEW, before("UPDATE", "oauth_grant", "renewed")),
    RENEW_COMMIT(Step.RENEW, commitOf("UPDATE", "oauth_grant", "renewed")),

    BACK_OFF_SOMEWHERE(Step.BACK_OFF, new Place.Anywhere()),
    BACK_OFF_PAUSE_INSERTED(Step.BACK_OFF, before("INSERT", "client_pause", "")),
    BACK_OFF_ENDPOINT_PAUSE_INSERTED(Step.BACK_OFF, before("INSERT", "token_endpoint_pause", "")),
    BACK_OFF_COMMIT(Step.BACK_OFF, commitOf("INSERT", "client_pause", "")),

    REAUTHORIZE_SOMEWHERE(Step.REAUTHORIZE, new Place.Anywhere()),
    REAUTHORIZE_PROBE_ARRIVED(Step.REAUTHORIZE, atServer("server/discover", Moment.ARRIVED)),
    REAUTHORIZE_RESOURCE_METADATA_HANDLED(
            Step.REAUTHORIZE, atServer(McpServerParty.METADATA, Moment.HANDLED)),
    REAUTHORIZE_ATTEMPT_INSERTED(Step.REAUTHORIZE, before("INSERT", "authorization_attempt", "")),
    REAUTHORIZE_COMMIT(Step.REAUTHORIZE, commitOf("INSERT", "authorization_attempt", "")),

    RECONSENT_SOMEWHERE(Step.RECONSENT, new Place.Anywhere()),
    RECONSENT_CODE_REDEEMED(Step.RECONSENT, atIssuer(Endpoint.TOKEN, Moment.HANDLED)),
    RECONSENT_GRANT_REPLACED(Step.RECONSENT, before("UPDATE", "oauth_grant", "replaced")),
    RECONSENT_COMMIT(Step.RECONSENT, commitOf("UPDATE", "oauth_grant", "replaced")),

    OBTAIN_TOKEN_ARRIVED(Step.OBTAIN, atIssuer(Endpoint.TOKEN, Moment.ARRIVED)),
    OBTAIN_TOKEN_ISSUED(Step.OBTAIN, atIssuer(Endpoint.TOKEN, Moment.HANDLED)),
    OBTAIN_GRANT_INSERTED(Step.OBTAIN, before("INSERT", "oauth_grant", "")),
    OBTAIN_COMMIT(Step.OBTAIN, commitOf("INSERT", "oauth_grant", "")),

    ASK_ANEW_SOMEWHERE(Step.ASK_ANEW, new Place.Anywhere()),
    ASK_ANEW_LEASE_COMMIT(Step.ASK_ANEW, commitOf("UPDATE", "oauth_grant", "leased")),
    ASK_ANEW_TOKEN_ISSUED(Step.ASK_ANEW, atIssuer(Endpoint.TOKEN, Moment.HANDLED)),
    ASK_ANEW_COMMIT(Step.ASK_ANEW, commitOf("UPDATE", "oauth_grant", "renewed")),

    DELETE_SOMEWHERE(Step.DELETE, new Place.Anywhere()),
    DELETE_REVOCATION_OWED(Step.DELETE, before("INSERT", "owed_revocation", "")),
    DELETE_CLIENT_DELETED(Step.DELETE, before("DELETE", "mcp_client", "")),
    DELETE_COMMIT(Step.DELETE, commitOf("DELETE", "mcp_client", "")),
    DELETE_REVOCATION_ARRIVED(Step.DELETE, atIssuer(Endpoint.REVOCATION, Moment.ARRIVED)),
    DELETE_REVOCATION_HANDLED(Step.DELETE, atIssuer(Endpoint.REVOCATION, Moment.HANDLED)),
    DELETE_REVOCATION_FORGOTTEN(Step.DELETE, before("DELETE", "owed_revocation", "")),

    REVOKE_SOMEWHERE(Step.REVOKE, new Place.Anywhere()),
    REVOKE_GRANT_DELETED(Step.REVOKE, before("DELETE", "oauth_grant", "")),
    REVOKE_COMMIT(Step.REVOKE, commitOf("DELETE", "oauth_grant", "")),
    REVOKE_REVOCATION_ARRIVED(Step.REVOKE, atIssuer(Endpoint.REVOCATION, Moment.ARRIVED)),
    REVOKE_REVOCATION_HANDLED(Step.REVOKE, atIssuer(Endpoint.REVOCATION, Moment.HANDLED)),
    REVOKE_REVOCATION_ANSWERED(Step.REVOKE, atIssuer(Endpoint.REVOCATION, Moment.ANSWERED)),

    DEREGISTER_ARRIVED(Step.DEREGISTER, atIssuer(Endpoint.CLIENT_MANAGEMENT, Moment.ARRIVED)),
    DEREGISTER_HANDLED(Step.DEREGISTER, atIssuer(Endpoint.CLIENT_MANAGEMENT, Moment.HANDLED));

    /** What the client's life is at when the kill comes. */
    enum Step {
        REGISTER,
        CALLBACK,
        COMPLETE,
        /** Because the MCP server refused the access token. */
        REFRESH,
        /** Because the access token ends soon; it serves meanwhile. */
        REFRESH_AHEAD,
        /** By the schedule, long before anybody needs it. */
        RENEW,
        /** The token endpoint asks to be left alone for a while. */
        BACK_OFF,
        REAUTHORIZE,
        /** The callback where the grant before still serves. */
        RECONSENT,
        /** The registration of a client for which nobody has to consent. */
        OBTAIN,
        /** The next token of such a client. */
        ASK_ANEW,
        DELETE,
        REVOKE,
        /** Of a registration that was made for nothing, at its server. */
        DEREGISTER;

        /** Nobody calls; some node does it by its schedule. */
        boolean isScheduled() {
            return this == RENEW || this == DEREGISTER;
        }

        /** Its turn comes each minute only. */
        boolean isRare() {
            return this == DEREGISTER;
        }
    }

    /** Where the node stands then. */
    sealed interface Place {
        /** In front of an endpoint of the authorization server. */
        record AtIssuer(Endpoint endpoint, Moment moment) implements Place {}

        /** In front of the MCP server, with this JSON-RPC method or kind of request. */
        record AtServer(String request, Moment moment) implements Place {}

        /**
         * In the database.
         *
         * @param becomes the state that the row gets; empty: any
         * @param atCommit not before the row changes but when that is committed
         */
        record Change(String operation, String table, String becomes, boolean atCommit)
                implements Place {}

        /** Wherever the call has come to after a random time. */
        record Anywhere() implements Place {}
    }

    private final Step step;

    // A record of words, which the check cannot see.
    @SuppressWarnings("ImmutableEnumChecker")
    private final Place place;

    FaultPoint(Step step, Place place) {
        this.step = step;
        this.place = place;
    }

    Step step() {
        return step;
    }

    Place place() {
        return place;
    }

    private static Place atIssuer(Endpoint endpoint, Moment moment) {
        return new Place.AtIssuer(endpoint, moment);
    }

    private static Place atServer(String request, Moment moment) {
        return new Place.AtServer(request, moment);
    }

    private static Place before(String operation, String table, String becomes) {
        return new Place.Change(operation, table, becomes, false);
    }

    private static Place commitOf(String operation, String table, String becomes) {
        return new Place.Change(operation, table, becomes, true);
    }
}
