/* The entry point of a fork server. In the agent's executable it runs before the interpreter, and
 * knows a server by the name that it was started under; with SERVER_PROGRAM defined, it is the main
 * function of a separate program.
 */
#include "landlock_shim.h"
#include "server.h"

#include <string.h>

#ifdef SERVER_PROGRAM
int main(void) {
    server_main();
}
#else
__attribute__((constructor)) static void enter(int argc, char **argv) {
    if (argc > 0 && strcmp(argv[0], SHIM_SERVER_NAME) == 0)
        server_main();
}
#endif
