// Passkeys: show what needs JavaScript and a browser that knows passkeys; say it when one fails.

if (window.PublicKeyCredential) {
  for (const element of document.querySelectorAll(".js-passkey")) {
    element.hidden = false;
  }
}

document.addEventListener("allauth.error", () => {
  for (const element of document.querySelectorAll(".account__failed")) {
    element.hidden = false;
  }
});
