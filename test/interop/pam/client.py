"""A PAM client: asks what a module asks, answers what stands on standard input, a line each. Prints JSON lines."""
import ctypes
import json
import sys

pam = ctypes.CDLL("libpam.so.0")
libc = ctypes.CDLL(None)
libc.calloc.restype = ctypes.c_void_p
libc.calloc.argtypes = [ctypes.c_size_t, ctypes.c_size_t]
libc.strdup.restype = ctypes.c_void_p
libc.strdup.argtypes = [ctypes.c_char_p]


class Message(ctypes.Structure):
    _fields_ = [("style", ctypes.c_int), ("text", ctypes.c_char_p)]


class Response(ctypes.Structure):
    _fields_ = [("text", ctypes.c_void_p), ("code", ctypes.c_int)]


CONVERSATION = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_int,
    ctypes.POINTER(ctypes.POINTER(Message)),
    ctypes.POINTER(ctypes.c_void_p),
    ctypes.c_void_p,
)


class Conversation(ctypes.Structure):
    _fields_ = [("ask", CONVERSATION), ("data", ctypes.c_void_p)]


def say(**line):
    print(json.dumps(line), flush=True)


def ask(count, messages, answers, _):
    size = ctypes.sizeof(Response)
    given = libc.calloc(count, size)
    for at in range(count):
        message = messages[at].contents
        shown = (message.text or b"").decode("utf-8", "replace")
        say(style=message.style, text=shown)
        if message.style in (1, 2):  # PAM_PROMPT_ECHO_OFF, PAM_PROMPT_ECHO_ON
            typed = sys.stdin.readline().rstrip("\n")
            Response.from_address(given + at * size).text = libc.strdup(typed.encode())
    answers[0] = given
    return 0


def main(folder, service, user, remote):
    handle = ctypes.c_void_p()
    conversation = Conversation(CONVERSATION(ask), None)
    started = pam.pam_start_confdir(
        service.encode(), user.encode(), ctypes.byref(conversation), folder.encode(), ctypes.byref(handle)
    )
    if started != 0:
        return say(result=started)
    PAM_RHOST = 4
    pam.pam_set_item(handle, PAM_RHOST, remote.encode())
    result = pam.pam_authenticate(handle, 0)
    pam.pam_end(handle, result)
    say(result=result)


main(*sys.argv[1:])
