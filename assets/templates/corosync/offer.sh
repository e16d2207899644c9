# Offers tui-installer to root at a serial line. Written by tui-installer; change it there.
# Whatever fails here, a login goes on to its shell: nothing is exec'ed, and nobody answering is an answer.
if [ -n "${BASH_VERSION:-}" ] && [ -t 0 ] && [ "$(id -u)" = 0 ] && [ -x /usr/sbin/tui-installer ]; then
    case "$(tty)" in
    /dev/ttyS[0-9]|/dev/hvc0)
        tui_installer_answer=
        read -r -t 10 -p 'tui-installer: type t and Enter to open it (a shell in 10 s): ' tui_installer_answer || echo
        [ "$tui_installer_answer" != t ] || /usr/sbin/tui-installer || true
        unset tui_installer_answer
        ;;
    esac
fi
