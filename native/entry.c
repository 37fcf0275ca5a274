/* Where a fork server starts: in the agent's own executable before the interpreter does, known by
 * the name that it was started under; or, with SERVER_PROGRAM, in a program that is nothing else.
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
