/** The life cycle of an OAuth-protected MCP client as types, without any framework. */
module dev.mooring.domain {
    requires static org.jspecify;

    exports dev.mooring.domain.oauth;
}
