package dev.mooring.endtoend;

import dev.mooring.adapter.persistence.DatabaseAccess;
import dev.mooring.adapter.persistence.embedded.EmbeddedPostgres;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.McpServerParty;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

import java.security.SecureRandom;

/**
 * For tests of what two nodes over one PostgreSQL do together: the nodes live as long as the class
 * of tests, and each test has a user at either and an MCP server behind OAuth of its own.
 */
abstract class AcrossNodes {

    private static EmbeddedPostgres database;
    private static TwoNodes nodes;

    final ServiceProcess one = nodes.one();
    final ServiceProcess two = nodes.two();
    final Mooring atOne = new Mooring(one.address(), TwoNodes.KEY);
    final Mooring atTwo = new Mooring(two.address(), TwoNodes.KEY);
    final AuthorizationServerParty issuer = AuthorizationServerParty.start();
    final McpServerParty server =
            McpServerParty.settings().protectedBy(issuer, "mcp:tools").start();

    @BeforeAll
    static void start() {
        database = EmbeddedPostgres.start(SharedService.newDataDirectory(), new SecureRandom());
        nodes = TwoNodes.start(database.access());
    }

    @AfterAll
    static void end() {
        nodes.close();
        database.close();
    }

    @AfterEach
    void stop() {
        atOne.close();
        atTwo.close();
        server.close();
        issuer.close();
    }

    /** How a test itself reaches the database of both. */
    static DatabaseAccess database() {
        return database.access();
    }
}
