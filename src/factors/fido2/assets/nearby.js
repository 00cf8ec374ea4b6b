/**
 * Where a method is chosen: in a browser that checks by itself who is there (WebAuthn section 5.1.7), that is the one
 * in front, by the name that people have for it. The page has it where no other was suggested to them.
 */

const option = document.querySelector('.option[data-computer]');
// An iPad says that it is a Macintosh; no Macintosh has a screen for several fingers.
const isPhone =
  /Android|iPad|iPhone|Mobi/.test(navigator.userAgent) ||
  (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);

async function isBuiltIn() {
  try {
    return await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable();
  } catch {
    return false;
  }
}

function write(button, title, hint) {
  button.querySelector('.option-title > span').textContent = title;
  button.querySelector('.hint').textContent = hint;
}

/** The one that was in front goes before all others, by its plain name. */
function takeTurns(first) {
  const [front, others] = [first.closest('ul'), option.closest('ul')];
  option.classList.add('option-first');
  option.querySelector('.option-title').append(' ', first.querySelector('.badge'));
  first.classList.remove('option-first');
  write(first, first.dataset.name, first.dataset.pitch);
  front.append(option.closest('li'));
  others.prepend(first.closest('li'));
}

// Nothing moves below a finger, or away from whoever has reached it by the keyboard.
if ((await isBuiltIn()) && !document.querySelector('.option:is(:focus, :active)')) {
  const first = document.querySelector('.option-first');
  if (first !== null && first !== option) takeTurns(first);
  const { computer, device, builtIn } = option.dataset;
  write(option, isPhone ? device : computer, builtIn);
}
