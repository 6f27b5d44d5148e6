package dev.mooring.adapter.rest;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;

/**
 * Every operation of the OpenAPI document, over real sockets: each answer is held against the
 * document, and in the end each documented answer must have been seen.
 */
class OperationsTest {
    @Nested
    class Registering extends RegisterOperations {}

    @Nested
    class Showing extends ShowOperations {}

    @Nested
    class Editing extends EditOperations {}

    @Nested
    class Connecting extends ConnectionOperations {}

    @Nested
    class Consenting extends ConsentOperations {}

    @Nested
    class Executing extends ToolOperations {}

    @Nested
    class Unattended extends UnattendedOperations {}

    @Nested
    class Keys extends KeyOperations {}

    @Nested
    class Auditing extends AuditOperations {}

    @Nested
    class SigningIn extends SignInOperations {}

    @Nested
    class OfEveryOperation extends CommonOperations {}

    @AfterAll
    static void everyDocumentedAnswerWasSeen() {
        ApiServer.CONTRACT.assertAllSeen();
        ApiServer.BIFROST.assertAllSeen();
    }
}
