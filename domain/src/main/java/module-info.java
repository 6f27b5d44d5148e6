/** The life cycle of an MCP client behind OAuth 2, as types and pure functions. */
module dev.mooring.domain {
    requires static transitive org.jspecify;

    exports dev.mooring.domain;
    exports dev.mooring.domain.access;
    exports dev.mooring.domain.audit;
    exports dev.mooring.domain.client;
    exports dev.mooring.domain.lifecycle;
    exports dev.mooring.domain.mcp;
    exports dev.mooring.domain.oauth;
    exports dev.mooring.domain.webhook;
}
