# I testi della finestra, ordinati per il luogo in cui stanno. Sui pulsanti c'è poco spazio.

## Parole che stanno in più luoghi

open = Apri…
open-tip = Apri un file immagine (O)
paste = Incolla
paste-tip = Dagli appunti (Ctrl V)
cancel = Annulla
close = Chiudi
close-tip = Chiudi (Esc)
undo = Annulla
put-back = Rimettilo
save = Salva
rename = Rinomina
copy-commands = Copia i comandi
key-ctrl = Ctrl { $key }
key-space = Spazio
key-enter = Invio
pasted-name = Immagine incollata
pasted-opening = l'immagine incollata
untitled = Ritratto
file-saved = { $file } è salvato
megabytes = { $number } MB
kilobytes = { $number } kB

## Nomi dati dal programma

portrait-garden = Cappello di paglia
portrait-lady = Dama in terra d'ombra
portrait-dutch = Il berretto cremisi
portrait-chalk = Il vecchio pilota
performance-talk = Parla
performance-laugh = Ridi
performance-doubt = Dubita
performance-look-around = Guarda intorno
reader-face = lettore di volti
preset-natural = Naturale
preset-natural-tip = Tutto come lo fai tu
preset-lively = Vivace
preset-lively-tip = Un po' più di tutto, per chi si muove poco
preset-theatre = Teatro
preset-theatre-tip = Gesti ampi che si vedono dall'ultima fila
preset-eyes = Solo occhi
preset-eyes-tip = La testa resta ferma, gli occhi ti seguono

## Il menu delle lingue

language = Lingua
language-system = Quella del sistema: { $name }
language-japanese = Giapponese
language-chinese = Cinese (semplificato)
language-no-font = Non è installato alcun carattere per questa lingua. Installane uno, per esempio Noto Sans CJK, e riavvia Retrato
language-no-font-start = Non è installato alcun carattere per la lingua { $language }, perciò la finestra parla inglese. Installane uno, per esempio Noto Sans CJK, e riavvia Retrato

## La scena senza ritratto

empty-title = Trascina qui un ritratto
empty-note = Un quadro, una foto, un disegno: qualsiasi cosa con un volto. Guarderà, parlerà e sbatterà le palpebre come te.
empty-no-drop = In una sessione Wayland non si possono ancora trascinare file: usa Apri o Incolla.
empty-try = oppure prova uno di questi
drop-portrait = Lascia, e prenderà vita
drop-driver = Lascia, e muoverà il ritratto
drop-neither = Non è né un'immagine né un clip
drop-more = { $list } e altri { $count }

## La scena con un ritratto

stage-portrait = Ritratto: { $name }
stage-caption-drop = { $name }  ·  trascina qui un tuo ritratto
stage-caption-open = { $name }  ·  O apre un tuo ritratto
stage-opening = Apertura di { $name } …
stage-clipboard = Lettura degli appunti …
stage-replay = Riproduzione
stage-show-panel = Mostra il pannello (P)
no-face = Nessun volto: guarda nella camera
no-face-clip = In questo punto del clip non si vede un volto
driver-stalled-pill = { $name } non invia nulla da { $seconds } s: controlla il cavo
countdown-label = Registrazione tra { $number }, Esc annulla
countdown-cancel = Esc annulla

## L'immagine della camera sulla scena

inset-label = Immagine della camera: { $seen }
inset-face = un volto è trovato
inset-lids = Occhi
inset-mouth = Bocca
inset-brows = Ciglia
inset-hide = Nascondi l'immagine della camera (C)
inset-show = Mostra l'immagine della camera (C)
sight-loading = Il lettore si sta caricando
sight-dark = Troppo buio: accendi la luce
sight-turned = Girato: guarda nella camera
sight-small = Troppo lontano: avvicinati
sight-gone = Fuori dall'immagine: torna
sight-unknown = Nessun volto nell'immagine

## Inquadratura

framing-tip = Quale parte dell'immagine si vede e si registra
framing-head = Testa
framing-bust = Testa e spalle
framing-whole = Immagine intera
framing-note = A mano: la rotella avvicina, trascinare sposta, un doppio clic mostra tutto. Registrazioni, foto e camera virtuale mostrano la stessa parte.
panes-alone = Registra il ritratto vivo
panes-before-after = Registra prima e dopo
panes-triptych = Registra te, il quadro e quello vivo
panes-triptych-note = Nelle registrazioni ci sei anche tu.
mark = Contrassegna registrazioni e foto
mark-tip = La parola SYNTHETIC nell'angolo di ogni immagine
background = Sfondo
background-own = Lo sfondo proprio dell’immagine
background-blurred = Sfondo sfocato
background-green = Verde, da ritagliare
background-transparent = Trasparente, per le foto
background-transparent-note = I filmati e la camera virtuale non hanno trasparenza: scegli il verde per loro.
background-colour = Sfondo { $colour }
background-other = Un altro colore
background-number = Numero del colore
background-no-film = Un filmato non ha trasparenza. Scegli il verde e ritaglialo dopo; le foto restano trasparenti.
output = Finestra di uscita
output-tip = Solo il ritratto in una finestra propria, per OBS o un proiettore: F11 riempie lo schermo, Esc la chiude (W)

## Dov'è il volto?

face-number = Volto { $number }
face-box = Riquadro intorno al volto: trascina per disegnarlo, le frecce lo spostano, più e meno ne cambiano la misura
face-which = { $count } volti in { $name }: quale deve prendere vita?
face-none = Nessun volto trovato in { $name }. Traccia un riquadro intorno, dalle sopracciglia al mento.
face-draw = Traccia un riquadro intorno al volto, dalle sopracciglia al mento.
face-use-box = Usa il riquadro
face-use = Usa questo
face-draw-instead = Traccia riquadro
face-draw-instead-tip = Nessuno di questi è quello giusto
face-keep-largest = Tieni il volto più grande (Esc)
face-do-not-open = Non aprire questa immagine (Esc)

## La galleria

gallery-all = Tutti i ritratti
gallery-all-count = Tutti: { $count }
gallery-all-tip = Tutti i ritratti: i tuoi e quelli inclusi (G)
gallery-portrait-missing = Ritratto: { $name }, manca il file
gallery-remove = Togli { $name }
sheet-title = Ritratti
sheet-close = Chiudi i ritratti (Esc)
sheet-own = I tuoi, prima i più nuovi
sheet-own-none = I ritratti che apri restano qui, con il loro volto, il loro movimento e le altre immagini.
sheet-built-in = Arrivano con Retrato
sheet-missing = Manca il file
sheet-missing-tip = { $file } non c'è più. Rimetti il file al suo posto e fai clic qui, oppure togli il ritratto dalla lista
sheet-keep = Tieni { $name } davanti
sheet-keep-not = Non tenere { $name } davanti
sheet-other-face = Scegli un altro volto in { $name }
sheet-take-off = Togli { $name } dalla lista
sheet-taken-off = «{ $name }» non è più nella lista

## Il pannello: testata, ritratto

panel-hide = Nascondi il pannello (P)
panel-help = Aiuto e tasti (F1)
portrait = Ritratto
portrait-open-tip = Apri un ritratto (O)
further-add = Un'altra immagine sua…
further-add-short = Altre…
further-tip = Ciò che questa immagine non mostra, come i denti o gli occhi chiusi, viene da un'altra della stessa persona (A)
further-none = Senza le sue reti, il ritratto è fatto di una sola immagine
further-count = { $count } immagini della persona
likeness-improve = Più somiglianza
likeness-improve-tip = Impara tutte le immagini della persona, in mezzo minuto o due; occhi e bocca ne vogliono diverse
likeness-learning = Impara: { $percent } %
likeness-cancel-tip = Smetti di imparare: il ritratto resta com'era
likeness-undo-tip = Dimentica ciò che è stato imparato da queste immagini
likeness-improved = Più somigliante
likeness-improved-tip = Le immagini della persona sono imparate, anche per la prossima volta

## Il pannello: che cosa muove il ritratto

driver = Mosso da
driver-read-by = Letto da
driver-reader = lettore
driver-reader-tip = Che cosa legge il tuo volto
driver-reader-best = Il migliore che c'è
driver-reader-best-tip = Il lettore di volti, con ogni piccolo movimento; dlib dove manca o non vede volti
driver-reader-dlib = Solo dlib
driver-reader-dlib-tip = 68 punti: per confronto, e per volti che il lettore legge male
driver-camera = Camera
driver-camera-tip = La camera che vede il tuo volto
driver-cameras-looking = Ricerca di camere …
driver-cameras-none = Nessuna camera trovata
driver-cameras-choose = Scegli una camera
driver-cameras-plug = Collegane una, poi premi la freccia
camera-looking = Sto guardando …
camera-drives = Muove ora il ritratto
camera-busy = La usa un altro programma
camera-forbidden = Questo programma non può usarla
camera-fails = Nessuna immagine
camera-formats = { $size }, { $rate } fps
camera-formats-most = { $size }, { $rate } fps, fino a { $most }
camera-busy-tip = Chiudi l’altro programma o scegli un’altra camera
camera-forbidden-tip = Consenti a questo programma di usare le camere, nelle impostazioni del sistema; su Linux l’utente deve essere nel gruppo video
driver-cameras-again = Cerca di nuovo le camere
driver-performance-tip = Un'interpretazione salvata: movimento senza immagini
driver-clip = Clip…
driver-clip-tip = Un video o un'interpretazione salvata
driver-it = Questo
driver-the-camera = La camera
driver-nothing = Ancora nulla muove il ritratto
driver-running = { $name }, { $rate } fps
driver-stalled = { $name } non invia nulla da { $seconds } s. Controlla il cavo
driver-ended = { $name } è finito
driver-failed = { $name } non va. Scegli altro per muovere il ritratto

## Il pannello: come scorre un clip

play = Riproduci
pause = Pausa
play-place = Punto del clip
play-waits = Comincia quando c'è un ritratto.
play-again = Alla fine ricomincia
play-once = Alla fine si ferma
play-speed = Velocità del clip
play-speed-tip = Quanto veloce scorre
speed-quarter = Un quarto
speed-half = Metà
speed-own = Normale
speed-more = Una volta e mezza
speed-double = Doppia
play-neutral = Neutro qui
play-neutral-tip = Metti in pausa dove il volto è rilassato e guarda dritto, poi premi: ogni movimento si misura da questa immagine

## Il pannello: movimento

motion = Movimento
motion-undo = Annulla (Ctrl Z)
motion-redo = Ripeti (Ctrl Y)
motion-neutral = Il mio volto neutro
motion-neutral-tip = Guarda dritto con il volto rilassato, poi premi: ogni movimento si misura da lì
motion-neutral-not = Apri prima un ritratto
motion-own-tip = Tuo. Un clic destro può toglierlo
motion-own-set-tip = Tuo. Un altro clic può toglierlo
motion-remove = Togli { $name }
motion-save = Salva…
motion-save-tip = Tieni questo movimento con un nome, o rinomina il tuo che è scelto
motion-name = Nome di questo movimento
motion-head = Testa
motion-head-tip = Quanto la testa gira, annuisce e si inclina
motion-eyes = Occhi
motion-eyes-tip = Battiti, occhi socchiusi e spalancati
motion-gaze = Sguardo
motion-gaze-tip = Quanto gli occhi guardano intorno
motion-brows = Sopracciglia
motion-brows-tip = Quanto le sopracciglia si alzano e si aggrottano
motion-mouth = Bocca
motion-mouth-tip = Quanto si muovono labbra e mascella
motion-smoothing = Morbidezza
motion-smoothing-tip = Di più è più calmo, e arriva un po' dopo
motion-mirror = Specchio
motion-mirror-tip = Il ritratto si muove come la tua immagine allo specchio (M)
slider-back = Doppio clic: torna a { $percent } %
slider-number = { $label } in percentuale
slider-number-tip = Fai clic per scrivere un numero

## Il pannello: ciò che serve di rado

more = Altro
more-tip = Altre immagini della persona, lo sfondo, la camera virtuale, la velocità
virtual-camera = Camera virtuale
virtual-camera-tip = Altri programmi, come le videochiamate, possono scegliere il ritratto come camera
virtual-camera-opening = Apertura del dispositivo …
virtual-camera-choose = Scegli la camera { $name } negli altri programmi
virtual-camera-commands-tip = Incollali in un terminale
speed = Velocità
speed-unknown = non ancora nota
speed-tip = Che cosa fa le immagini
speed-recording = Ferma la registrazione per cambiarlo
speed-auto = Automatico
speed-auto-tip = La scheda grafica dove è più veloce
speed-cpu = CPU
speed-cpu-tip = Il processore principale
speed-gpu = GPU
speed-gpu-tip = La scheda grafica, anche se è solo software
speed-now = Ora: { $why }.
speed-no-networks = Per questo ritratto le reti non si usano: { $why }.
speed-broken = la scheda grafica non può continuare ({ $why }), perciò le immagini le fa la CPU
foot-idle = fermo
foot-speed = { $rate } fps · { $ms } ms
foot-speed-tip = Immagini al secondo, e il tempo dalla camera all'immagine
foot-camera = Camera virtuale attiva
foot-camera-tip = Altri programmi possono vedere il ritratto. L'interruttore è in Altro

## Il pannello: registrazione

record = Registra
record-tip = Registra il ritratto (R)
record-not = Si può registrare quando un ritratto è aperto e una camera o un clip lo muove
record-stop = Ferma   { $time }
record-stop-label = Ferma la registrazione
record-stop-tip = Ferma e tieni la registrazione (R)
record-saving = Salvataggio   { $percent } %
boomerang = Boomerang
boomerang-tip = Tre secondi, avanti e indietro (B)
countdown = Conto alla rovescia
countdown-on = Le registrazioni cominciano dopo 3, 2, 1. Premi per cominciare subito
countdown-with-camera = Con una camera le registrazioni cominciano dopo 3, 2, 1; con un clip subito. Premi per contare sempre
countdown-off = Le registrazioni cominciano subito. Premi per contare prima 3, 2, 1
snapshot = Foto
snapshot-tip = Tieni questa immagine come PNG (S)
sound-on = Con audio
sound-off = Senza audio
sound-tip = Registra con il microfono, o con l'audio del clip
microphone = Microfono
microphone-system = Microfono del sistema
microphone-level = Livello del microfono: { $percent } %
record-earlier = Registrazioni precedenti (L)
record-copy-path = Copia il percorso dell'ultimo file
record-show = Mostra l'ultimo file nella sua cartella
record-slow = { $count ->
    [one] Solo { $count } immagine al secondo
   *[other] Solo { $count } immagini al secondo
}
record-slow-tip = Questo computer è troppo lento per un video fluido. Chiudi altri programmi, o usa un'immagine più piccola
record-slow-note = { $few }: questo computer era troppo lento per un video fluido. Chiudi altri programmi, o usa un'immagine più piccola.
record-lost = { $count ->
    [one] { $count } immagine persa
   *[other] { $count } immagini perse
}
record-lost-tip = Questo computer era troppo lento per loro
record-saved = Salvato: { $name }
record-saved-in = Salvato in { $folder }

## La scheda di una registrazione, la riproduzione, la lista

film-play = Riproduci { $name }
film-sound = con audio
film-silent = muto
film-replay = Rivedi
film-replay-tip = Riproducila qui, con l'audio
film-trim = Taglia
film-trim-tip = Scegli dove comincia e dove finisce
film-copy = Copia il file, per incollarlo in un messaggio o in una cartella
film-show = Mostralo nella sua cartella
film-trash = Mettilo nel cestino
film-save-as = Salva come
film-save-as-tip = Un file nuovo; questo resta
film-gif = GIF
film-gif-guessing = GIF (calcolo della misura)
film-gif-about = GIF, circa { $size }
film-whole = Video, immagine intera (MP4)
film-square = Video, quadrato (MP4)
film-tall = Video, alto per telefoni (MP4)
film-back = Video, avanti e indietro (MP4)
film-still = Fermo immagine, quello visto (PNG)
film-of-part = Della parte che hai scelto.
film-name = Nuovo nome
film-keep-name = Tieni il nome
film-part = { $from } – { $to }   ({ $seconds } s)
film-part-begin = Inizio della parte
film-part-end = Fine della parte
film-part-at = { $end }: { $time }
film-done = Fatto
film-save-again = Salva parte
film-save-again-tip = Un file nuovo di questa parte; la registrazione resta com'è
film-volume = Volume
film-end-replay = Termina la riproduzione (Esc)
film-no-sound = Senza audio: { $why }.
film-making-whole = Salvataggio del video
film-making-square = Salvataggio del video
film-making-tall = Salvataggio del video
film-making-gif = Salvataggio del GIF
film-making-still = Salvataggio immagine
film-making-back = Avanti e indietro
film-making = { $what }   { $percent } %
film-cancelled = Annullato; nulla è stato scritto
film-no-part = Tra questi due estremi non c'è un'immagine; allontanali
film-no-film = { $file } non è un video
film-too-long = Solo i video fino a { $seconds } secondi possono andare avanti e indietro; taglialo prima
film-bad-name = Nessun file può chiamarsi così; usa lettere, cifre e spazi
film-name-taken = C'è già un file chiamato { $name }; scegli un altro nome
films-title = Registrazioni
films-in = in { $folder }
films-looking = Ricerca …
films-none = Non c'è ancora nulla. Premi Registra, e ciò che fai appare qui.
films-one = Registrazione: { $name }
age-now = proprio ora
age-minutes = { $count ->
    [one] { $count } minuto fa
   *[other] { $count } minuti fa
}
age-hours = { $count ->
    [one] { $count } ora fa
   *[other] { $count } ore fa
}
age-days = { $count ->
    [one] { $count } giorno fa
   *[other] { $count } giorni fa
}
age-months = { $count ->
    [one] { $count } mese fa
   *[other] { $count } mesi fa
}

## Aiuto, informazioni, domande

help-title = Tasti
help-open = Apri un ritratto; tenuto: vedi l'originale
help-gallery = Tutti i ritratti
help-further = Aggiungi un'immagine della persona
help-paste = Incolla un'immagine o un percorso
help-digits = Ritratti della galleria, o il volto
help-enter = Usa il volto segnato
help-space = Fissa il mio volto neutro
help-mirror = Specchio
help-undo = Annulla una modifica del movimento
help-redo = Ripetila
help-inset = Immagine della camera
help-record = Registra, ferma
help-boomerang = Boomerang di tre secondi
help-snapshot = Foto
help-panel = Pannello laterale
help-list = Registrazioni precedenti
help-output = Finestra di uscita
help-alone = Solo l'immagine
help-tab = Controllo successivo
help-help = Questo aiuto
help-escape = Chiudi ciò che sta sopra
help-know = Buono a sapersi
help-consent = Anima solo persone che sono d'accordo, o scomparse da molto. Ogni video e ogni foto sono segnati come sintetici, perché nessuno li scambi per la persona vera.
help-private = Nulla lascia questo computer: nessun account, nessuna rete.
help-about = Su Retrato
help-about-tip = Versione, licenze, da che cosa ha imparato
about-what = Dà vita a un ritratto con il tuo volto, solo su questo computer: nessun account, nessuna rete.
about-licences = Licenze
about-licences-text = Retrato è libero: puoi usarlo con la licenza MIT o la licenza Apache 2.0, come vuoi. Il file NOTICE elenca ciò che hanno fatto altri.
about-learnt = Da che cosa ha imparato
about-learnt-text = Le reti di Retrato hanno imparato solo da teste sintetiche: persone che non esistono, fatte dal programma con il modello pubblico ICT-FaceKit. Non è stata usata alcuna foto di nessuno. I volti li leggono modelli che hanno allenato altri: Face Landmarker di MediaPipe, e i punti di dlib dove manca.
about-wrong = Quando qualcosa va storto
about-log = Il registro è in { $path }
about-copy-log = Copia il percorso
about-copy-log-tip = Per scrivere a chi lo aggiusta
recovery-title = { $count ->
    [one] C'è una registrazione interrotta
   *[other] Ci sono registrazioni interrotte
}
recovery-file = { $name } ({ $size })
recovery-text = Retrato non si è chiuso bene mentre registrava. Ciò che era registrato si può recuperare.
recovery-recover = Recupera
recovery-later = Più tardi
path-portrait = Apri un ritratto
path-further = Aggiungi un'immagine della persona
path-driver = Apri un clip o un'interpretazione
path-where-picture = Qui non c'è una finestra per i file. Dov'è l'immagine?
path-where-file = Qui non c'è una finestra per i file. Dov'è il file?
path-hint = /cartella/file
path-label = Percorso del file
path-open = Apri
path-none = Questo file non esiste.
dialog-pictures = Immagini
dialog-clips = Clip e interpretazioni
dialog-all = Tutti i file

## Messaggi

dismiss = Chiudi il messaggio
said-copied = È negli appunti
said-path-copied = Il percorso è negli appunti
said-no-dialog = La finestra dei file non si apre: { $why }
said-neither = { $name } non è né un'immagine né un clip. Trascina un JPEG, PNG o WebP da animare, o un MP4 che muova
said-one-driver = Può muoverlo uno solo: si usa { $name }
said-other-name = Dagli un altro nome: questo è vuoto, o è del programma
said-no-room = Non c'è posto per altri movimenti. Togline prima uno
said-neutral = Questo ora è il tuo volto neutro
said-likeness-better = La somiglianza è migliore: { $percent } % più vicina alle immagini
said-likeness-same = La somiglianza non si è potuta migliorare; nulla è cambiato
said-recorded = { $file } è salvato ({ $seconds } s)
said-virtual-camera = Altri programmi ora possono scegliere la camera { $name }
said-virtual-camera-commands = La camera virtuale vuole un dispositivo che alcuni comandi creano. Il pannello dice di più, in Altro
said-executor-now = Ora: { $why }
said-executor-not = La GPU non si usa: { $why }
said-executor-broken = La scheda grafica non può continuare ({ $why }). Retrato continua con la CPU.
said-networks-broken = Le reti non possono continuare ({ $why }). Questo ritratto si muove senza, meno bene; con il prossimo ci riprovano.
said-recovered = { $file } è recuperato
said-clipboard = Gli appunti non si possono leggere: { $why }
said-clipboard-empty = L'immagine negli appunti è vuota. Copiala di nuovo
said-clipboard-text = Negli appunti c'è testo, non un'immagine. Copia prima un'immagine, o il suo percorso
said-clipboard-nothing = Negli appunti non c'è un'immagine. Copiane prima una, o il suo percorso
said-passing = L'immagine non ci sarà al prossimo avvio: { $why }
said-replaced = Un nuovo ritratto ha preso il posto di quello prima. Mostrano la stessa persona?
said-replaced-by = «{ $by }» ha preso il posto di «{ $before }». Mostrano la stessa persona?
said-use-both = Usa entrambe
said-one-portrait = Un ritratto alla volta: gli altri aspettano nella galleria
said-one-person = È la stessa persona
said-portrait-first = Apri prima un ritratto della persona, poi aggiungi altre immagini
said-made-from = Ora è fatto da { $count } immagini della persona
said-film-copied = { $file } è negli appunti
said-film-path = Qui gli appunti non prendono file, perciò contengono il percorso
said-no-file-manager = Qui non risponde alcun gestore di file, perciò il percorso è negli appunti
said-trashed = { $file } è nel cestino
said-put-back = { $file } è di nuovo nella sua cartella

## Guai: ciò che il programma dice di file e dispositivi arriva in inglese

trouble-driver = Questo non può muovere il ritratto. { $why }
trouble-portrait = L'immagine non si apre. { $why }
trouble-background = Lo sfondo resta com’è: { $why }
trouble-recording = La registrazione non è riuscita. { $why }
trouble-snapshot = La foto non è riuscita. { $why }
trouble-recovery = La registrazione non si è potuta recuperare. { $why }
trouble-likeness = L'apprendimento non è riuscito. { $why }
trouble-virtual-camera = La camera virtuale non va. { $why }
trouble-film = Non è riuscito. { $why }
trouble-portraits = Un problema con i tuoi ritratti. { $why }
trouble-settings = Un avviso sulle impostazioni. { $why }
trouble = Un avviso. { $why }
